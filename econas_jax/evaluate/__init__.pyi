from .measures import Evaluation as Evaluation
from .measures import evaluation_of as evaluation_of
from .measures import wilson_interval as wilson_interval

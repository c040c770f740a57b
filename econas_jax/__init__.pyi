from .algorithms import EcoNAS as EcoNAS
from .algorithms import EcoNASConfig as EcoNASConfig
from .data import load_dataset as load_dataset
from .errors import InputError as InputError
from .nn import CellNetwork as CellNetwork
from .nn import SearchNetwork as SearchNetwork
from .nn import specialize as specialize
from .search import SearchConfig as SearchConfig
from .search import load_candidate as load_candidate
from .search import run_search as run_search
from .spaces.darts import DartsSpace as DartsSpace
from .spaces.darts import Genotype as Genotype
from .spaces.proxy import Proxy as Proxy
from .training import Job as Job
from .training import Task as Task
from .training import TrainingConfig as TrainingConfig
from .training import WaveTrainer as WaveTrainer
from .training import trainer_for as trainer_for

__version__: str

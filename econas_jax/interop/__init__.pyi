from .torch_model import as_model as as_model
from .torch_weights import TorchNetwork as TorchNetwork
from .torch_weights import from_torch as from_torch
from .torch_weights import to_torch as to_torch

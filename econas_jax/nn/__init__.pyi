from .compute_dtype import ComputeDtype as ComputeDtype
from .compute_dtype import require_compute_dtype as require_compute_dtype
from .darts.cell_network import CellNetwork as CellNetwork
from .darts.engine.network import SearchNetwork as SearchNetwork
from .darts.specialize import specialize as specialize
from .families import FAMILIES as FAMILIES
from .families import network_family as network_family
from .network import NetworkSettings as NetworkSettings

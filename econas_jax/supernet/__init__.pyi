from .config import SupernetConfig as SupernetConfig
from .config import default_config as default_config
from .config import from_mapping as from_mapping
from .loop import run_supernet as run_supernet
from .progress import Reporter as Reporter
from .result import SupernetResult as SupernetResult
from .supernet_run import SupernetInterruptedError as SupernetInterruptedError

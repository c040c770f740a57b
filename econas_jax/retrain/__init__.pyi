from .config import RetrainConfig as RetrainConfig
from .config import default_config as default_config
from .config import from_mapping as from_mapping
from .loop import run_retrain as run_retrain
from .network_run import RetrainInterruptedError as RetrainInterruptedError
from .progress import Reporter as Reporter
from .result import NetworkOutcome as NetworkOutcome
from .result import RetrainResult as RetrainResult

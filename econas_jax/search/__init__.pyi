from .candidate import load_candidate as load_candidate
from .config import SearchConfig as SearchConfig
from .config import default_config as default_config
from .config import from_mapping as from_mapping
from .loop import SearchInterruptedError as SearchInterruptedError
from .loop import run_search as run_search
from .progress import Reporter as Reporter
from .result import SearchResult as SearchResult

from .config import StreamConfig as StreamConfig
from .source import StreamSource as StreamSource

from .exported_model import ExportedModel as ExportedModel
from .exported_model import load_exported as load_exported

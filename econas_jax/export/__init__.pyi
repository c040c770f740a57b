from .exporting import export_model as export_model

"""DenseNet-BC, the baseline made by hand of the paper's Table 2."""

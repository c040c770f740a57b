"""Genotypes from the literature, as references for tests and for retraining."""

from __future__ import annotations

from econas_jax.spaces.darts.genotype import CellGenotype, Edge, Genotype

# The paper's best cell (2.9 M parameters, 2.62 % error on CIFAR-10): the one that the released code's
# `retrain/eval_param.py` holds commented out.
ECONAS = Genotype(
    normal=CellGenotype(
        edges=(
            Edge("sep_conv_3x3", 1),
            Edge("sep_conv_3x3", 0),
            Edge("skip_connect", 1),
            Edge("sep_conv_5x5", 0),
            Edge("sep_conv_3x3", 0),
            Edge("max_pool_3x3", 0),
            Edge("skip_connect", 0),
            Edge("skip_connect", 0),
        ),
        concat=(2, 3, 4, 5),
    ),
    reduce=CellGenotype(
        edges=(
            Edge("max_pool_3x3", 1),
            Edge("sep_conv_5x5", 1),
            Edge("skip_connect", 0),
            Edge("avg_pool_3x3", 2),
            Edge("dil_conv_5x5", 3),
            Edge("max_pool_3x3", 0),
            Edge("dil_conv_3x3", 0),
            Edge("max_pool_3x3", 1),
        ),
        concat=(2, 4, 5),
    ),
)

# Liu et al., "DARTS: Differentiable Architecture Search", first order; quark0/darts, `cnn/genotypes.py`.
# EcoNAS's released code calls this one `DARTS`.
DARTS_V1 = Genotype(
    normal=CellGenotype(
        edges=(
            Edge("sep_conv_3x3", 1),
            Edge("sep_conv_3x3", 0),
            Edge("skip_connect", 0),
            Edge("sep_conv_3x3", 1),
            Edge("skip_connect", 0),
            Edge("sep_conv_3x3", 1),
            Edge("sep_conv_3x3", 0),
            Edge("skip_connect", 2),
        ),
        concat=(2, 3, 4, 5),
    ),
    reduce=CellGenotype(
        edges=(
            Edge("max_pool_3x3", 0),
            Edge("max_pool_3x3", 1),
            Edge("skip_connect", 2),
            Edge("max_pool_3x3", 0),
            Edge("max_pool_3x3", 0),
            Edge("skip_connect", 2),
            Edge("skip_connect", 2),
            Edge("avg_pool_3x3", 0),
        ),
        concat=(2, 3, 4, 5),
    ),
)

# The same paper's second-order search, the cell that DARTS reports; quark0/darts, `cnn/genotypes.py`.
DARTS_V2 = Genotype(
    normal=CellGenotype(
        edges=(
            Edge("sep_conv_3x3", 0),
            Edge("sep_conv_3x3", 1),
            Edge("sep_conv_3x3", 0),
            Edge("sep_conv_3x3", 1),
            Edge("sep_conv_3x3", 1),
            Edge("skip_connect", 0),
            Edge("skip_connect", 0),
            Edge("dil_conv_3x3", 2),
        ),
        concat=(2, 3, 4, 5),
    ),
    reduce=CellGenotype(
        edges=(
            Edge("max_pool_3x3", 0),
            Edge("max_pool_3x3", 1),
            Edge("skip_connect", 2),
            Edge("max_pool_3x3", 1),
            Edge("max_pool_3x3", 0),
            Edge("skip_connect", 2),
            Edge("skip_connect", 2),
            Edge("max_pool_3x3", 1),
        ),
        concat=(2, 3, 4, 5),
    ),
)

# Zoph et al., "Learning Transferable Architectures for Scalable Image Recognition", in DARTS's notation.
NASNET_A = Genotype(
    normal=CellGenotype(
        edges=(
            Edge("sep_conv_5x5", 1),
            Edge("sep_conv_3x3", 0),
            Edge("sep_conv_5x5", 0),
            Edge("sep_conv_3x3", 0),
            Edge("avg_pool_3x3", 1),
            Edge("skip_connect", 0),
            Edge("avg_pool_3x3", 0),
            Edge("avg_pool_3x3", 0),
            Edge("sep_conv_3x3", 1),
            Edge("skip_connect", 1),
        ),
        concat=(2, 3, 4, 5, 6),
    ),
    reduce=CellGenotype(
        edges=(
            Edge("sep_conv_5x5", 1),
            Edge("sep_conv_7x7", 0),
            Edge("max_pool_3x3", 1),
            Edge("sep_conv_7x7", 0),
            Edge("avg_pool_3x3", 1),
            Edge("sep_conv_5x5", 0),
            Edge("skip_connect", 3),
            Edge("avg_pool_3x3", 2),
            Edge("sep_conv_3x3", 2),
            Edge("max_pool_3x3", 1),
        ),
        concat=(4, 5, 6),
    ),
)

# Real et al., "Regularized Evolution for Image Classifier Architecture Search", in DARTS's notation.
AMOEBANET_A = Genotype(
    normal=CellGenotype(
        edges=(
            Edge("avg_pool_3x3", 0),
            Edge("max_pool_3x3", 1),
            Edge("sep_conv_3x3", 0),
            Edge("sep_conv_5x5", 2),
            Edge("sep_conv_3x3", 0),
            Edge("avg_pool_3x3", 3),
            Edge("sep_conv_3x3", 1),
            Edge("skip_connect", 1),
            Edge("skip_connect", 0),
            Edge("avg_pool_3x3", 1),
        ),
        concat=(4, 5, 6),
    ),
    reduce=CellGenotype(
        edges=(
            Edge("avg_pool_3x3", 0),
            Edge("sep_conv_3x3", 1),
            Edge("max_pool_3x3", 0),
            Edge("sep_conv_7x7", 2),
            Edge("sep_conv_7x7", 0),
            Edge("avg_pool_3x3", 1),
            Edge("max_pool_3x3", 0),
            Edge("max_pool_3x3", 1),
            Edge("conv_7x1_1x7", 0),
            Edge("sep_conv_3x3", 5),
        ),
        concat=(3, 4, 6),
    ),
)

"""Cells in DARTS's space and network: those of EcoNAS, and those that were found by gradients."""

from __future__ import annotations

from econas_jax.spaces.darts import published
from econas_jax.zoo.entry import Entry, Published

RECOUNTED = "FairDARTS, fairdarts/genotypes.py"  # counts of others' cells
ECONAS_TABLES = "EcoNAS, Tables 2 and 3"
PC_DARTS = "PC-DARTS"
SNAS_PAPER = "Xie et al., SNAS: Stochastic Neural Architecture Search, ICLR 2019"
SNAS_SOURCE = "SNAS-Series/SNAS-Series, SNAS/genotypes.py"
SNAS_NOTE = "the original normalises after pools, which adds some thousand parameters"
PC_DARTS_PAPER = "Xu et al., PC-DARTS: Partial Channel Connections for Memory-Efficient Architecture Search, ICLR 2020"

CELLS = (
    Entry(
        "EcoNAS",
        2020,
        "Zhou et al., EcoNAS: Finding Proxies for Economical Neural Architecture Search, CVPR 2020",
        "DongzhanZhou/EcoNAS, retrain/eval_param.py",
        published.ECONAS,
        (
            Published(ECONAS_TABLES, "CIFAR-10", 2.62, 0.02, 2.9, gpu_days=8),
            Published(ECONAS_TABLES, "ImageNet", 25.2, None, 4.3, gpu_days=8),
        ),
    ),
    Entry(
        "DARTS_V1",
        2018,
        "Liu et al., DARTS: Differentiable Architecture Search, ICLR 2019 (first order)",
        "quark0/darts, cnn/genotypes.py",
        published.DARTS_V1,
        (Published("DARTS, Table 1", "CIFAR-10", 3.00, 0.14, 3.3, gpu_days=1.5),),
    ),
    Entry(
        "DARTS_V2",
        2018,
        "Liu et al., DARTS: Differentiable Architecture Search, ICLR 2019 (second order)",
        "quark0/darts, cnn/genotypes.py",
        published.DARTS_V2,
        (
            Published("DARTS, Table 1", "CIFAR-10", 2.76, 0.09, 3.3, gpu_days=4),
            Published(RECOUNTED, "CIFAR-10", parameters=3.3, multiply_adds=528),
            Published("DARTS, Table 3", "ImageNet", 26.7, None, 4.7, 574, 4),
        ),
        "neither convention gives the paper's 574 M; users find 544.59 M, as here (quark0/darts, issue 46)",
    ),
    Entry(
        "SNAS-mild",
        2018,
        f"{SNAS_PAPER} (mild constraint)",
        SNAS_SOURCE,
        published.SNAS_MILD,
        (
            Published("SNAS-Series/SNAS-Series, SNAS/README.md", "CIFAR-10", 2.98, gpu_days=1.5),
            Published(RECOUNTED, "CIFAR-10", parameters=2.66, multiply_adds=422),
            Published(PC_DARTS, "ImageNet", 27.3, None, 4.3, 522, 1.5),
        ),
        f"{SNAS_NOTE}; tables of later papers name this cell beside 4.3 M on ImageNet, which is what SNAS-moderate has",
    ),
    Entry(
        "SNAS-moderate",
        2018,
        f"{SNAS_PAPER} (moderate constraint)",
        SNAS_SOURCE,
        published.SNAS_MODERATE,
        (Published(ECONAS_TABLES, "CIFAR-10", 2.85, 0.02, 2.8, gpu_days=1.5),),
        SNAS_NOTE,
    ),
    Entry(
        "SNAS-aggressive",
        2018,
        f"{SNAS_PAPER} (aggressive constraint)",
        SNAS_SOURCE,
        published.SNAS_AGGRESSIVE,
        note=f"{SNAS_NOTE}; its reduction cell is two convolutions and no more",
    ),
    Entry(
        "P-DARTS",
        2019,
        "Chen et al., Progressive Differentiable Architecture Search, ICCV 2019",
        "chenxin061/pdarts, genotypes.py",
        published.P_DARTS,
        (
            Published("P-DARTS", "CIFAR-10", 2.50, None, 3.4, gpu_days=0.3),
            Published(RECOUNTED, "CIFAR-10", parameters=3.43, multiply_adds=532),
            Published("P-DARTS", "ImageNet", 24.4, None, 4.9, 557, 0.3),
        ),
        "from another run than the paper's figures; searched on CIFAR-10 (the cell searched on CIFAR-100 was not "
        "released); the 557 M are with normalisations, ReLUs and pools",
    ),
    Entry(
        "PC-DARTS-CIFAR10",
        2019,
        f"{PC_DARTS_PAPER} (searched on CIFAR-10)",
        "yuhuixu1993/PC-DARTS, genotypes.py",
        published.PC_DARTS_CIFAR10,
        (
            Published(PC_DARTS, "CIFAR-10", 2.57, 0.07, 3.6, gpu_days=0.1),
            Published(RECOUNTED, "CIFAR-10", parameters=3.63, multiply_adds=558),
            Published(PC_DARTS, "ImageNet", 25.1, None, 5.3, 586, 0.1),
        ),
        "the 586 M are with normalisations, ReLUs and pools",
    ),
    Entry(
        "PC-DARTS-ImageNet",
        2019,
        f"{PC_DARTS_PAPER} (searched on ImageNet)",
        "yuhuixu1993/PC-DARTS, genotypes.py",
        published.PC_DARTS_IMAGENET,
        (Published(PC_DARTS, "ImageNet", 24.2, None, 5.3, 597, 3.8),),
        "the 597 M are with normalisations, ReLUs and pools",
    ),
    Entry(
        "GDAS-V1",
        2019,
        "Dong and Yang, Searching for a Robust Neural Architecture in Four GPU Hours, CVPR 2019",
        "D-X-Y/AutoDL-Projects, others/GDAS/lib/nas/genotypes.py",
        published.GDAS_V1,
        (
            Published("GDAS", "CIFAR-10", 2.93, None, 3.4, gpu_days=0.21),
            Published(RECOUNTED, "CIFAR-10", parameters=3.36, multiply_adds=519),
            Published("GDAS", "ImageNet", 26.0, None, 5.3, 581, 0.21, same_network=False),
        ),
        "on ImageNet with 50 channels instead of 48: 5,345,075 parameters and 581.0 M; its variant with a fixed "
        "reduction cell (FRC) is no cell of this space",
    ),
)

"""Cells found by reinforcement learning, evolution and progressive search, before gradients were used.

Their papers put them into networks of other shapes than DARTS's, so only what others counted or trained in DARTS's
network can be compared with the counts here.
"""

from __future__ import annotations

from econas_jax.spaces.darts import published
from econas_jax.zoo.entry import Entry, Published

DARTS = "DARTS, Tables 1 and 3"
RECOUNTED = "FairDARTS, fairdarts/genotypes.py"  # counts of others' cells in DARTS's network
GENOTYPES = "quark0/darts, cnn/genotypes.py"

EARLIER_CELLS = (
    Entry(
        "NASNet-A",
        2017,
        "Zoph et al., Learning Transferable Architectures for Scalable Image Recognition, CVPR 2018",
        GENOTYPES,
        published.NASNET_A,
        (
            Published(DARTS, "CIFAR-10", 2.65, None, 3.3, gpu_days=2000, same_network=False),
            Published(RECOUNTED, "CIFAR-10", parameters=3.83, multiply_adds=608),
            Published(DARTS, "ImageNet", 26.0, None, 5.3, 564, 2000, same_network=False),
        ),
        "another network: reductions instead of a stem, other widths; the original's normal cell also concatenates "
        "input 0, its reduction cell node 3",
    ),
    Entry(
        "AmoebaNet-A",
        2018,
        "Real et al., Regularized Evolution for Image Classifier Architecture Search, AAAI 2019",
        GENOTYPES,
        published.AMOEBANET_A,
        (
            Published(DARTS, "CIFAR-10", 3.34, 0.06, 3.2, gpu_days=3150, same_network=False),
            Published("DARTS, Table 1, retrained", "CIFAR-10", 3.12, None, 3.1),
            Published(DARTS, "ImageNet", 25.5, None, 5.1, 555, 3150, same_network=False),
        ),
        "another network: NASNet's shape and widths; the original concatenates the cell inputs that are left over and "
        "has bottlenecks in its 7x1-1x7 convolutions",
    ),
    Entry(
        "PNAS",
        2017,
        "Liu et al., Progressive Neural Architecture Search, ECCV 2018",
        "D-X-Y/AutoDL-Projects, lib/nas_infer_model/DXYs/genotypes.py",
        published.PNAS,
        (
            Published(DARTS, "CIFAR-10", 3.41, 0.09, 3.2, gpu_days=225, same_network=False),
            Published(DARTS, "ImageNet", 25.8, None, 5.1, 588, 225, same_network=False),
        ),
        "another network: one cell, which also reduces, in stacks of another length and width",
    ),
    Entry(
        "ENAS",
        2018,
        "Pham et al., Efficient Neural Architecture Search via Parameter Sharing, ICML 2018",
        "D-X-Y/AutoDL-Projects, others/GDAS/lib/nas/genotypes.py",
        published.ENAS,
        (
            Published(DARTS, "CIFAR-10", 2.89, None, 4.6, gpu_days=0.5, same_network=False),
            Published(RECOUNTED, "CIFAR-10", parameters=4.02, multiply_adds=627),
        ),
        "another network: 15 + 2 cells, loose ends concatenated; here all nodes are, as D-X-Y transcribes the paper's "
        "figure",
    ),
    Entry(
        "ENAS-released",
        2018,
        "Pham et al., Efficient Neural Architecture Search via Parameter Sharing, ICML 2018",
        "melodyguan/enas, scripts/cifar10_micro_final.sh",
        published.ENAS_RELEASED,
        note="the cells that the authors' script trains, which are not those of the paper's figure; no row is theirs",
    ),
)

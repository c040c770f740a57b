"""A cell trained on ImageNet by DARTS's mobile recipe (Liu et al., 2019, section 3.3; `cnn/train_imagenet.py`).

    python -m econas_jax.retrain --config configs/retrain_imagenet.py --config.genotype=DARTS_V2 --config.data.path=DIR

DIR holds train/n01440764/*.JPEG and so on, and val/ with the same folders; docs/imagenet.md says how to make them, and
how to read a copy prepared by TFDS instead (`--config configs/retrain_imagenet.py:tfds_stream`). 14 cells, 48 channels,
224x224; batch 128, a learning rate of 0.1 that is multiplied by 0.97 after every epoch, 250 epochs. It needs the extra
`imagenet`. The 50,000 images of val/ are read once, after the last epoch; `--config.data.validation=0.02` holds
training images out to look at on the way.
Cost: 250 epochs took others 72 hours on 8 V100 or about 11 days on less; on a CPU it is out of the question.
Expected, top-1 error: 26.7 % (DARTS_V2, published), 25.2 % (EcoNAS's best cell, published); not reproduced here. The
recipe counts as much as the cell: by configs/retrain_imagenet_pdarts.py the same DARTS cell is 1.3 points better.
"""

from ml_collections import ConfigDict

from econas_jax.retrain import default_config


def get_config(data: str = "image_stream") -> ConfigDict:
    config = default_config(data)
    config.resolution = 224
    config.save_epochs = 1  # an epoch takes an hour
    config.network.channels = 48
    config.network.cells_per_stage = 4  # N: 14 cells
    config.network.stem = "imagenet"
    config.network.auxiliary = True
    config.network.compute_dtype = "float32"  # "bfloat16" on accelerators
    config.training.epochs = 250
    config.training.batch_size = 128
    config.training.evaluation_batch_size = 128
    config.training.learning_rate = 0.1
    config.training.schedule = "exponential"
    config.training.decay = 0.97
    config.training.weight_decay = 3e-5
    config.training.gradient_clip = 5.0
    config.training.label_smoothing = 0.1
    config.training.auxiliary_weight = 0.4
    config.training.drop_path_probability = 0.0
    config.training.augmentation.crop_padding = 0  # images are cropped and flipped as they are read
    config.training.augmentation.flip = False
    config.training.augmentation.cutout = 0
    config.training.augmentation.jitter.brightness = 0.4
    config.training.augmentation.jitter.contrast = 0.4
    config.training.augmentation.jitter.saturation = 0.4
    config.training.augmentation.jitter.hue = 0.2
    return config

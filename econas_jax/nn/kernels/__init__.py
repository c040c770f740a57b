"""Operations on arrays [channels, positions, images] that know no genotype."""

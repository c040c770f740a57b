"""Training on the devices of a Ray cluster, which may come and go. Only this folder imports Ray."""

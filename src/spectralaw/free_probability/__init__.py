"""Free convolution with a semicircle, and the denoising of matrices; knows no task, network or teacher."""

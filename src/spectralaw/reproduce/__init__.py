"""The figures of arXiv:2509.24882 as experiments: each computes its data, states claims, and judges them."""

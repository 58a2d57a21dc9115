"""Architectures of torchvision, timm and transformers, and small ones of many families: what imports of them, and what does not."""

"""What the example files are made of: markets, products, sellers, claims, and lines that are not as they should be."""

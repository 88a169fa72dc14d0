"""Language models at providers, over their own clients."""

"""What a product brought: from units and what came of them to a claim, its grade, and money."""

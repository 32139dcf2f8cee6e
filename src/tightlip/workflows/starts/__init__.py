"""How a copied host would start its servers: their start lines, and where these stand."""

"""How fast traffic goes and when it runs out."""

"""How far each rule's readout is from the exact next-token distribution, path by path."""

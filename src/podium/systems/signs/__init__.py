"""What both recognisers of isolated signs share: raw layout, points, labels, virtual signs. No system itself."""

"""A clustering without a library: leaders far from each other, and who is nearest to each."""

import numpy as np


class LeaderClustering:
    """The first point leads; each further leader is the point farthest from all leaders so far."""

    def __init__(self):
        self.asked = []

    def clusters(self, distances, count):
        self.asked.append((distances.tolist(), count))
        leaders = [0]
        while len(leaders) < count and distances[leaders].min(axis=0).max() > 0.0:
            leaders.append(int(distances[leaders].min(axis=0).argmax()))
        nearest = np.array(sorted(leaders))[distances[sorted(leaders)].argmin(axis=0)]
        first = list(dict.fromkeys(nearest.tolist()))
        return tuple(first.index(leader) for leader in nearest.tolist())

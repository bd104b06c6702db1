"""Reads a column of a log that was written with --codec float32 or lowrank.

python3 scripts/read-log.py run/log/segment-00000/fc3.log 850             elements of weight and bias
python3 scripts/read-log.py run/log/segment-00000/fc1.log 48120 120 400   the same, then rows and columns of the weight
"""
import struct
import sys

path, elements, *matrix = sys.argv[1], *map(int, sys.argv[2:])


def dense(payload):
    return struct.unpack(f"<{elements}f", payload)


def factored(payload, rows, columns):
    """Outer products of int8 vectors for the weight, then the other tensors as they are."""
    import numpy as np

    k, lost = struct.unpack("<If", payload[:8])
    others = elements - rows * columns
    numbers = np.frombuffer(payload, "<f4", 2 * k + others, 8).astype(float)
    left, right = np.split(np.frombuffer(payload, np.int8, k * (rows + columns), 8 + 4 * len(numbers)), [k * rows])
    left = numbers[:k, None] * left.reshape(k, rows)
    right = numbers[k : 2 * k, None] * right.reshape(k, columns)
    print(f"rank {k}, lost {lost:.3f}: ", end="")
    return [*(left.T @ right).ravel(), *numbers[2 * k :]]


def payload_of(message):
    """The payload is the last field of a LayerDelta of proto/delta-log.proto: tag 5, its length, its bytes."""
    for start in range(len(message)):
        length, shift, at = 0, 0, start + 1
        while message[start] == 0x2A and at < len(message):
            length |= (message[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if message[at - 1] < 0x80:
                break
        if message[start] == 0x2A and at + length == len(message):
            return message[at:]


with open(path, "rb") as column:
    while header := column.read(12):  # u64 length and its checksum
        message = column.read(struct.unpack("<Q", header[:8])[0])
        column.read(4)  # checksum of the message
        payload = payload_of(message)
        delta = factored(payload, *matrix) if matrix else dense(payload)
        print(f"largest change {max(map(abs, delta)):.3g}, sum {sum(delta):.3g}")

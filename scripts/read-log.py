"""Reads a column of a log written with --codec float32: python3 scripts/read-log.py run/log/segment-00000/fc3.log 850"""
import struct
import sys

path, elements = sys.argv[1], int(sys.argv[2])  # elements of weight and bias
with open(path, "rb") as column:
    while header := column.read(12):  # u64 length and its checksum
        message = column.read(struct.unpack("<Q", header[:8])[0])  # a LayerDelta of proto/delta-log.proto
        column.read(4)  # checksum of the message
        delta = struct.unpack(f"<{elements}f", message[-4 * elements :])  # the payload is the last field
        print(f"largest change {max(map(abs, delta)):.3g}, sum {sum(delta):.3g}")

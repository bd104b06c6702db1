#!/bin/sh
# A gate for exported models, for any CI that runs shell scripts:
#
#     sh gate.sh <model.onnx> <baseline.json>
#
# The baseline is made once, outside CI, from the accepted model, and committed:
#
#     npx onnx-explain check accepted.onnx --baseline baseline.json --data fashion-mnist-sample --update-baseline
#
# ONNX_EXPLAIN is the command, where it is not that of the package.
set -u
model=$1
baseline=$2

${ONNX_EXPLAIN:-npx onnx-explain} check "$model" --baseline "$baseline" --junit check.xml --markdown check.md
code=$?

# 0: as before. 1: a regression, told in check.md. 2: something could not be used, which is no pass either.
case $code in
  0) echo "gate: passed" ;;
  1) echo "gate: the model has regressed, see check.md" ;;
  *) echo "gate: the check could not be made" ;;
esac
exit $code

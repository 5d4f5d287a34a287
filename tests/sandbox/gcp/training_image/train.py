"""What stands in a test's training image: a curve whose best learning rate is 0.01."""

import argparse
import math
import os
import sys
import time

import hypertune

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, required=True)
parser.add_argument("--learning_rate", type=float, required=True)
parser.add_argument("--batch_size", type=int, required=True)
parser.add_argument("--fail_above", type=float, default=1.0)
parser.add_argument("--seconds", type=float, default=0.0)
arguments = parser.parse_args()

print(
    f"trial {os.environ.get('CLOUD_ML_TRIAL_ID')} of {os.environ['CLOUD_ML_JOB_ID']}: {arguments}"
)
if arguments.learning_rate > arguments.fail_above:
    sys.exit("the learning rate is too high")
reporter = hypertune.HyperTune()
final = 0.95 - abs(math.log10(arguments.learning_rate) + 2) / 10 - arguments.batch_size / 12800
for epoch in range(1, arguments.epochs + 1):
    time.sleep(arguments.seconds / arguments.epochs)
    reporter.report_hyperparameter_tuning_metric(
        hyperparameter_metric_tag="accuracy",
        metric_value=final * epoch / arguments.epochs,
        global_step=epoch,
    )

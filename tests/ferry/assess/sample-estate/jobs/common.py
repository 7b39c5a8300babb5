"""Helpers of the nightly jobs."""

import logging


def logger(name):
    logging.basicConfig(level=logging.INFO)
    return logging.getLogger(name)

"""What the tests share: records to mutate, viewers, strategies, processes."""

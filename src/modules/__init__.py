"""Networks: agents, critics and mixers."""

-- Whom the balancer logs in as to ask for the state of a node (haproxy.cfg). It may do nothing else.
CREATE USER IF NOT EXISTS haproxy;

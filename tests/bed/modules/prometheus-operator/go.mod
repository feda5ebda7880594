// Nothing is built of it: its definitions of monitors and rules are what kube-prometheus-stack has.
module yeoul.dev/bed/prometheus-operator

go 1.26.0

require github.com/prometheus-operator/prometheus-operator v0.92.1

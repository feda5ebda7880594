"""A real Kubernetes for the tests: built once into a cache, started in seconds, always torn down.

cache           where built things lie
build, recipe   `make bed`: binaries from Go modules, base images from Debian
control_plane   etcd, API server, controller-manager, scheduler, KWOK on loopback
node            all that and a kubelet with real pods, in namespaces of its own
proxy           between a client and the API server: faults, counts, kills
api             a small client by which tests look at the cluster
"""

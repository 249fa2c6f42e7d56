# deploy.mk - images and manifests.

.PHONY: image compose-check k8s-check
image: ## build the container image `voxbus` (needs a Docker engine)
	docker build -t voxbus -f deploy/Dockerfile $(if $(BASE),--build-arg BASE=$(BASE)) .
compose-check: ## docker-compose.yml, brought up, called and killed (needs root, docker.io)
	@tests/compose.sh
k8s-check: ## render and type-check the Kubernetes manifests (needs kubectl, node, npm)
	@BUILD=$(abspath $(BUILD)) deploy/k8s/typecheck/check.sh

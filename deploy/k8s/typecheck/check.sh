#!/bin/sh
# Renders an overlay and type-checks it, with no cluster. Needs kubectl, node, npm.
#   deploy/k8s/typecheck/check.sh [OVERLAY]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
overlay=${1:-$here/../overlays/single-node}
work=${BUILD:-$here/../../../build}/k8s
mkdir -p "$work"
cp "$here/package.json" "$here/generate.mjs" "$work/"
cd "$work"
[ -d node_modules/kubernetes-models ] || npm install --silent --no-audit --no-fund
kubectl kustomize "$overlay" > rendered.yaml
node generate.mjs < rendered.yaml > manifests.ts
npx tsc --noEmit --strict --skipLibCheck --module nodenext --moduleResolution nodenext --target es2022 manifests.ts
echo "manifests render and type-check"

"""Validates the manifests of infra/eks as its script writes them: `manifests.py access.bash FOLDER NAMESPACE`.

Every kind is printed. Names are strings for YAML 1.1 too, and every namespace is the given one.
"""

import subprocess
import sys

import kubernetes_validate
import yaml

script, folder, namespace = sys.argv[1:]
text = subprocess.run(
    ["bash", "-euc", '. "$1"; here=$2; namespace=$3; for part in namespace cluster-role namespace-role; do manifest "$part"; echo ---; done']
    + ["bash", script, folder, namespace],
    check=True,
    stdout=subprocess.PIPE,
    text=True,
).stdout
assert "NAMESPACE" not in "\n".join(line for line in text.splitlines() if not line.startswith("#")), text

documents = [document for document in yaml.safe_load_all(text) if document]
for document in documents:
    kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
    metadata = document["metadata"]
    assert isinstance(metadata["name"], str), metadata
    if document["kind"] == "Namespace":
        assert metadata["name"] == namespace, metadata
    assert metadata.get("namespace") == (namespace if document["kind"] in ("Role", "RoleBinding") else None), metadata
    for subject in document.get("subjects", []):
        assert subject == {"kind": "User", "name": "aws-batch", "apiGroup": "rbac.authorization.k8s.io"}, subject
    print(document["kind"])
for binding in [document for document in documents if "roleRef" in document]:
    bound = [document["metadata"]["name"] for document in documents if document["kind"] == binding["roleRef"]["kind"]]
    assert bound == [binding["roleRef"]["name"]], binding

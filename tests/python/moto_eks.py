"""Serves moto with what it lacks for infra/eks, on a free port of loopback: `moto_eks.py KUBERNETES.json REFUSED`.

moto 5.2's CloudFormation knows no EKS at all, and a compute environment only with a service role of its own; its EKS
knows no access entries. Here `AWS::EKS::*` are resources that keep to EKS's own order, and a compute environment looks
at the cluster as Batch does: KUBERNETES.json is what the kubectl beside this file keeps there. While the file REFUSED is
there, compute environments fail. It prints its address, and ends with its standard input.
"""

import json
import sys
import urllib.parse
from pathlib import Path

import moto_change_sets
from moto.batch import models as batch
from moto.batch.models import batch_backends
from moto.core.common_models import CloudFormationModel
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ec2.models.route_tables import RouteTable
from moto.eks import urls
from moto.eks.models import eks_backends
from moto.iam.models import iam_backends
from moto.server import ThreadedMotoServer

kubernetes, refused = Path(sys.argv[1]), Path(sys.argv[2])
ROLE = "AWSServiceRoleForBatch"
CLUSTER_POLICY = "AWSBatchClusterPolicy"
RBAC = {
    "ClusterRole/aws-batch-cluster-role",
    "ClusterRoleBinding/aws-batch-cluster-role-binding",
    "Role/aws-batch-compute-environment-role",
    "RoleBinding/aws-batch-compute-environment-role-binding",
}

# By cluster: a principal's name and the policies that it has, and the names of add-ons.
access_entries: dict[str, dict[str, list[str]]] = {}
addons: dict[str, set[str]] = {}
modes: dict[str, str] = {}


def objects():
    return json.loads(kubernetes.read_text()) if kubernetes.exists() else {}


def resource(kind, name_property, create, delete, attributes):
    """Adds a resource type to moto's CloudFormation."""

    class Added(CloudFormationModel):
        # moto reads a model's service from its module.
        __module__ = "moto.eks.models"

        @staticmethod
        def cloudformation_type():
            return kind

        @staticmethod
        def cloudformation_name_type():
            return name_property

        @classmethod
        def has_cfn_attr(cls, attr):
            return attr in attributes

        @classmethod
        def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
            self = cls()
            self.name = resource_name
            self.properties = cloudformation_json["Properties"]
            self.place = (account_id, region_name)
            create(self)
            return self

        @classmethod
        def update_from_cloudformation_json(
            cls, original_resource, new_resource_name, cloudformation_json, account_id, region_name
        ):
            original_resource.properties = cloudformation_json["Properties"]
            return original_resource

        def delete(self, *_):
            delete(self)

        @property
        def physical_resource_id(self):
            return self.name

        def get_cfn_attribute(self, name):
            return attributes[name](self)

    return Added


def refuse_unless(condition, reason):
    if not condition:
        raise ValueError(reason)


def create_cluster(self):
    given = self.properties
    eks_backends[self.place[0]][self.place[1]].create_cluster(
        name=self.name, role_arn=given["RoleArn"], resources_vpc_config={"subnetIds": given["ResourcesVpcConfig"]["SubnetIds"]}
    )
    access_entries[self.name], addons[self.name] = {}, set()
    modes[self.name] = given["AccessConfig"]["AuthenticationMode"]


def delete_cluster(self):
    refuse_unless(not addons[self.name], "the cluster has add-ons")
    eks_backends[self.place[0]][self.place[1]].delete_cluster(self.name)
    kubernetes.unlink(missing_ok=True)


def create_nodegroup(self):
    given = self.properties
    needed = {"vpc-cni", "kube-proxy", "eks-pod-identity-agent"}
    refuse_unless(needed <= addons[given["ClusterName"]], "nodes have no network yet and would not become Ready")
    eks_backends[self.place[0]][self.place[1]].create_nodegroup(
        cluster_name=given["ClusterName"], nodegroup_name=self.name, node_role=given["NodeRole"], subnets=given["Subnets"]
    )


def delete_nodegroup(self):
    eks_backends[self.place[0]][self.place[1]].delete_nodegroup(self.properties["ClusterName"], self.name)


def create_access_entry(self):
    access_entries[self.properties["ClusterName"]][self.properties["PrincipalArn"].split("/")[-1]] = []


def cluster_arn(self):
    return eks_backends[self.place[0]][self.place[1]].describe_cluster(self.name).arn


# They are held here, or moto would not find them again.
added = [
    resource(
        "AWS::EKS::Cluster",
        "Name",
        create_cluster,
        delete_cluster,
        {"Arn": cluster_arn, "ClusterSecurityGroupId": lambda self: "sg-0123456789abcdef0"},
    ),
    resource("AWS::EKS::Nodegroup", "NodegroupName", create_nodegroup, delete_nodegroup, {}),
    resource(
        "AWS::EKS::Addon",
        "",
        lambda self: addons[self.properties["ClusterName"]].add(self.properties["AddonName"]),
        lambda self: addons[self.properties["ClusterName"]].discard(self.properties["AddonName"]),
        {},
    ),
    resource(
        "AWS::EKS::AccessEntry",
        "",
        create_access_entry,
        lambda self: access_entries[self.properties["ClusterName"]].pop(self.properties["PrincipalArn"].split("/")[-1]),
        {},
    ),
]


def look_at_cluster(configuration):
    """Fails where Batch's compute environment would become INVALID, or its jobs stay RUNNABLE."""
    cluster = configuration["EksClusterArn"].split("/")[-1]
    there = objects()
    namespace = configuration["KubernetesNamespace"]
    refuse_unless(f"Namespace/{namespace}" in there, f"there is no namespace {namespace}")
    if configuration["AccessEntry"]["DesiredState"] == "ENABLED":
        refuse_unless(modes[cluster] != "CONFIG_MAP", "the cluster takes no access entries")
        return cluster
    refuse_unless(modes[cluster] != "API", "the cluster reads no ConfigMap")
    refuse_unless(RBAC <= set(there), f"there is no {RBAC - set(there)}")
    mapping = there.get("ConfigMap/aws-auth", {}).get("data", {}).get("mapRoles", "")
    refuse_unless(f"role/{ROLE}\n  username: aws-batch" in mapping, "aws-auth does not map Batch")
    return None


def create_environment(cls, resource_name, cloudformation_json, account_id, region_name, **_):
    properties = cloudformation_json["Properties"]
    refuse_unless(not refused.exists(), "the account has no room for another compute environment")
    makes_entry = look_at_cluster(properties["EksConfiguration"])
    cluster = properties["EksConfiguration"]["EksClusterArn"].split("/")[-1]
    refuse_unless(access_entries[cluster], "Batch's nodes have no access entry")
    roles = iam_backends[account_id]["aws"]
    if not any(role.name == ROLE for role in roles.roles.values()):
        roles.create_role(ROLE, "{}", "/aws-service-role/batch.amazonaws.com/", "", "", [], "3600")
    arn = next(role.arn for role in roles.roles.values() if role.name == ROLE)
    resources = {key[0].lower() + key[1:]: value for key, value in properties["ComputeResources"].items()}
    # moto splits no list that is a parameter's default, and knows no type of ours but names of instances.
    if resources["instanceTypes"] == "optimal":
        resources["instanceTypes"] = ["optimal"]
    # moto looks for the security group in EC2, and the cluster's is EKS's.
    resources["securityGroupIds"] = [next(iter(batch_backends[account_id][region_name].ec2_backend.groups.copy().popitem()[1]))]
    environment = batch_backends[account_id][region_name].create_compute_environment(
        resource_name, properties["Type"], properties["State"], resources, arn
    )
    environment.eks = properties["EksConfiguration"]
    if makes_entry:
        access_entries[makes_entry].setdefault(ROLE, [CLUSTER_POLICY])
    return environment


def delete_environment(resource_name, cloudformation_json, account_id, region_name):
    backend = batch_backends[account_id][region_name]
    environment = backend.get_compute_environment(resource_name)
    in_use = any(environment in queue.environments for queue in backend._job_queues.values())
    refuse_unless(not in_use, "a queue has the compute environment")
    makes_entry = look_at_cluster(environment.eks)
    refuse_unless(not makes_entry or ROLE in access_entries[makes_entry], "Batch cannot reach the cluster any more")
    backend.delete_compute_environment(resource_name)


def delete_queue(resource_name, cloudformation_json, account_id, region_name):
    backend = batch_backends[account_id][region_name]
    refuse_unless(backend.get_job_queue(resource_name).state == "DISABLED", "the queue is not disabled")
    backend.delete_job_queue(resource_name)


def deletes(model, function):
    """Gives a model of moto's the deletion that it lacks."""
    model.delete = lambda self, account_id, region_name: function(self.physical_resource_id, None, account_id, region_name)


def delete_route_table(resource_name, cloudformation_json, account_id, region_name):
    backend = ec2_backends[account_id][region_name]
    backend.get_route_table(resource_name)._associations.clear()
    backend.delete_route_table(resource_name)


moto_change_sets.mend()
batch.ComputeEnvironment.create_from_cloudformation_json = classmethod(create_environment)
deletes(batch.ComputeEnvironment, delete_environment)
deletes(batch.JobQueue, delete_queue)
deletes(RouteTable, delete_route_table)


class AccessEntries:
    """The access entries of EKS's API."""

    @classmethod
    def dispatch(cls, request, _full_url, _headers):
        parts = [urllib.parse.unquote(part) for part in urllib.parse.urlparse(request.url).path.split("/")]
        cluster, principal = parts[2], urllib.parse.unquote(request.url.split("/access-entries/")[1])
        policies = principal.endswith("/access-policies")
        principal = principal.removesuffix("/access-policies").split("/")[-1]
        entry = access_entries.get(cluster, {}).get(principal)
        if entry is None:
            missing = {"message": "The specified principalArn could not be found."}
            return 404, {"x-amzn-ErrorType": "ResourceNotFoundException"}, json.dumps(missing)
        if policies:
            given = json.loads(request.data)
            scope = given["accessScope"]
            policy = f"{given['policyArn'].split('/')[-1]} {scope['type']} {','.join(scope.get('namespaces', []))}"
            if policy not in entry:
                entry.append(policy)
        if request.method == "DELETE":
            access_entries[cluster].pop(principal)
        answer = {"accessEntry": {"principalArn": principal, "clusterName": cluster, "createdAt": utcnow().timestamp()}}
        return 200, {}, json.dumps(answer)


urls.url_paths["{0}/clusters/(?P<name>[^/]+)/access-entries/(?P<principal>.+)$"] = AccessEntries.dispatch

if __name__ == "__main__":
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    print(f"http://{host}:{port}", flush=True)
    sys.stdin.read()
    server.stop()

package io.jubernetes.controllermanager.chaos;

/// Objects of scenarios, in YAML; `NAME` stands for the stage's.
final class Manifests {
    static final String JOB = """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: it}
            spec:
              completions: 4
              parallelism: 2
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: main, image: image}]
            """;

    /// The measured use of pods, kept like any other custom resource.
    static final String POD_METRICS = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata:
              name: pods.metrics.k8s.io
              annotations: {api-approved.kubernetes.io: "https://github.com/kubernetes/kubernetes/pull/1"}
            spec:
              group: metrics.k8s.io
              scope: Namespaced
              names: {plural: pods, kind: PodMetrics, listKind: PodMetricsList}
              versions:
                - name: v1beta1
                  served: true
                  storage: true
                  schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
            """;

    /// Storage versions, which our API server does not serve by itself.
    static final String STORAGE_VERSIONS = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata:
              name: storageversions.internal.apiserver.k8s.io
              annotations: {api-approved.kubernetes.io: "https://github.com/kubernetes/kubernetes/pull/1"}
            spec:
              group: internal.apiserver.k8s.io
              scope: Cluster
              names: {plural: storageversions, kind: StorageVersion, listKind: StorageVersionList}
              versions:
                - name: v1alpha1
                  served: true
                  storage: true
                  subresources: {status: {}}
                  schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
            """;
    /// The role that comes with them.
    static final String STORAGE_VERSION_ROLE = """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: storage-versions}
            rules:
              - {apiGroups: [internal.apiserver.k8s.io], resources: ["*"], verbs: [list, delete, update]}
            """;
    static final String STORAGE_VERSION_BINDING = """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: storage-versions}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: storage-versions}
            subjects: [{kind: ServiceAccount, name: storage-version-garbage-collector, namespace: kube-system}]
            """;

    private Manifests() {}

    /// An object with a name and nothing else.
    static String bare(String apiVersion, String kind, String name) {
        return """
                apiVersion: %s
                kind: %s
                metadata: {name: "%s"}
                """.formatted(apiVersion, kind, name);
    }

    /// A workload whose pods are labelled `app: it`.
    ///
    /// @param spec lines beside selector and template
    static String workload(String apiVersion, String kind, String... spec) {
        return """
                apiVersion: API_VERSION
                kind: KIND
                metadata:
                  name: it
                spec:
                  SPEC
                  selector:
                    matchLabels: {app: it}
                  template:
                    metadata:
                      labels: {app: it}
                    spec:
                      terminationGracePeriodSeconds: 0
                      containers: [{name: main, image: "image:1"}]
                """.replace("API_VERSION", apiVersion).replace("KIND", kind).replace("SPEC", String.join("\n  ", spec));
    }

    /// A pod labelled `app: it`.
    ///
    /// @param spec more lines of its specification
    static String pod(String name, String... spec) {
        return """
                apiVersion: v1
                kind: Pod
                metadata:
                  name: POD
                  labels: {app: it}
                spec:
                  SPEC
                  terminationGracePeriodSeconds: 0
                  containers: [{name: main, image: image}]
                """.replace("POD", name).replace("SPEC", String.join("\n  ", spec));
    }

    /// A ready node of the stage.
    static String node(String name) {
        return """
                apiVersion: v1
                kind: Node
                metadata:
                  name: NODE
                  labels: {stage: "NAME", kubernetes.io/hostname: NODE}
                status:
                  conditions:
                    - {type: Ready, status: "True", lastHeartbeatTime: "NOW", lastTransitionTime: "NOW"}
                  allocatable: {cpu: "4", memory: 8Gi, pods: "110"}
                """.replace("NODE", name);
    }
}

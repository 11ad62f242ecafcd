package io.jubernetes.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jubernetes.apiserver.registry.apps.DaemonSetStrategy;
import io.jubernetes.apiserver.registry.apps.DeploymentStrategy;
import io.jubernetes.apiserver.registry.apps.ReplicaSetStrategy;
import io.jubernetes.apiserver.registry.apps.StatefulSetStrategy;
import io.jubernetes.apiserver.registry.batch.JobStrategy;
import io.jubernetes.apiserver.registry.core.NamespaceStrategy;
import io.jubernetes.apiserver.registry.core.NodeStrategy;
import io.jubernetes.apiserver.registry.core.PodStrategy;
import io.jubernetes.apiserver.registry.core.SecretStrategy;
import io.jubernetes.apiserver.registry.core.ServiceStrategy;
import io.jubernetes.apiserver.resource.Strategy;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// The strategy of every built-in kind that has rules of its own.
public final class Strategies {
    private static final Map<String, Strategy> BY_KIND = new LinkedHashMap<>();

    static {
        BY_KIND.put("v1/Namespace", new NamespaceStrategy());
        BY_KIND.put("v1/Node", new NodeStrategy());
        BY_KIND.put("v1/PersistentVolume", new SpecStatusStrategy());
        BY_KIND.put("v1/PersistentVolumeClaim", new StatusStrategy());
        BY_KIND.put("v1/Pod", new PodStrategy());
        BY_KIND.put("v1/ReplicationController", new SpecStatusStrategy());
        BY_KIND.put("v1/ResourceQuota", new StatusStrategy());
        BY_KIND.put("v1/Secret", new SecretStrategy());
        BY_KIND.put("v1/Service", new ServiceStrategy());
        BY_KIND.put("v1/Event", new EventStrategy());
        BY_KIND.put("events.k8s.io/v1/Event", new EventStrategy());
        BY_KIND.put("apps/v1/DaemonSet", new DaemonSetStrategy());
        BY_KIND.put("apps/v1/Deployment", new DeploymentStrategy());
        BY_KIND.put("apps/v1/ReplicaSet", new ReplicaSetStrategy());
        BY_KIND.put("apps/v1/StatefulSet", new StatefulSetStrategy());
        BY_KIND.put("batch/v1/Job", new JobStrategy());
        BY_KIND.put("batch/v1/CronJob", new SpecStatusStrategy());
        BY_KIND.put("autoscaling/v2/HorizontalPodAutoscaler", new StatusStrategy());
        BY_KIND.put("autoscaling/v1/HorizontalPodAutoscaler", new StatusStrategy());
        BY_KIND.put("networking.k8s.io/v1/Ingress", new SpecStatusStrategy());
        BY_KIND.put("networking.k8s.io/v1/ServiceCIDR", new StatusStrategy());
        BY_KIND.put("policy/v1/PodDisruptionBudget", new SpecStatusStrategy());
        BY_KIND.put("storage.k8s.io/v1/VolumeAttachment", new StatusStrategy());
        BY_KIND.put("flowcontrol.apiserver.k8s.io/v1/FlowSchema", new SpecStatusStrategy());
        BY_KIND.put("flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration", new SpecStatusStrategy());
        BY_KIND.put("certificates.k8s.io/v1/CertificateSigningRequest", new StatusStrategy());
        BY_KIND.put("apiregistration.k8s.io/v1/APIService", new ApiServiceStrategy());
        BY_KIND.put("apiextensions.k8s.io/v1/CustomResourceDefinition", new SpecStatusStrategy());
        BY_KIND.put("resource.k8s.io/v1/ResourceClaim", new StatusStrategy());
        for (String kind : new String[] {"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}) {
            BY_KIND.put("rbac.authorization.k8s.io/v1/" + kind, new PathNamed());
        }
    }

    private Strategies() {}

    /// The strategy of a kind, named as `apiVersion/Kind`.
    public static Strategy of(String kind) {
        return BY_KIND.getOrDefault(kind, Strategy.NONE);
    }

    /// Kinds whose names only have to fit into a URL.
    private static final class PathNamed implements Strategy {
        @Override
        public Names names() {
            return Names.PATH_SEGMENT;
        }
    }

    private static final class ApiServiceStrategy extends StatusStrategy {
        @Override
        public Names names() {
            return Names.PATH_SEGMENT;
        }
    }

    /// Events: they go away by themselves. Stored in the core version.
    private static final class EventStrategy implements Strategy {
        @Override
        public Duration timeToLive() {
            return Duration.ofHours(1);
        }

        @Override
        public ObjectNode toStorage(ObjectNode event) {
            return EventVersions.toCore(event);
        }

        @Override
        public ObjectNode fromStorage(ObjectNode event, String apiVersion) {
            return apiVersion.equals("v1") ? event : EventVersions.toEventsGroup(event);
        }

        @Override
        public Map<String, String> selectableFields(JsonNode event) {
            JsonNode about = event.path("involvedObject");
            Map<String, String> fields = new LinkedHashMap<>();
            for (String field :
                    new String[] {"kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"}) {
                fields.put("involvedObject." + field, about.path(field).asText(""));
            }
            fields.put("reason", event.path("reason").asText(""));
            fields.put("type", event.path("type").asText(""));
            String component = event.path("source").path("component").asText("");
            String reporting = event.path("reportingComponent").asText("");
            fields.put("source", component.isEmpty() ? reporting : component);
            fields.put("reportingComponent", reporting);
            return fields;
        }
    }
}

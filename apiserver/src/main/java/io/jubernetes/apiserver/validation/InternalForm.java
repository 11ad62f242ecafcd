package io.jubernetes.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.jubernetes.apiserver.protobuf.FieldOrder;
import io.jubernetes.apiserver.schema.BuiltinTypes;
import io.jubernetes.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Structs as the messages of some rules show them: not by their JSON names but by those of the API server's internal
/// types, every field in the order of its declaration, absent ones with their zero values.
public final class InternalForm {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /// Fields whose internal name is not just the JSON name with a capital.
    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("apiGroup", "APIGroup"),
            Map.entry("apiVersion", "APIVersion"),
            Map.entry("awsElasticBlockStore", "AWSElasticBlockStore"),
            Map.entry("cephfs", "CephFS"),
            Map.entry("chapAuthDiscovery", "DiscoveryCHAPAuth"),
            Map.entry("chapAuthSession", "SessionCHAPAuth"),
            Map.entry("csi", "CSI"),
            Map.entry("diskURI", "DataDiskURI"),
            Map.entry("dnsConfig", "DNSConfig"),
            Map.entry("dnsPolicy", "DNSPolicy"),
            Map.entry("endpoints", "EndpointsName"),
            Map.entry("fc", "FC"),
            Map.entry("fsGroup", "FSGroup"),
            Map.entry("fsGroupChangePolicy", "FSGroupChangePolicy"),
            Map.entry("fsType", "FSType"),
            Map.entry("gcePersistentDisk", "GCEPersistentDisk"),
            Map.entry("gmsaCredentialSpec", "GMSACredentialSpec"),
            Map.entry("gmsaCredentialSpecName", "GMSACredentialSpecName"),
            Map.entry("grpc", "GRPC"),
            Map.entry("httpGet", "HTTPGet"),
            Map.entry("httpHeaders", "HTTPHeaders"),
            Map.entry("ip", "IP"),
            Map.entry("iqn", "IQN"),
            Map.entry("iscsi", "ISCSI"),
            Map.entry("iscsiInterface", "ISCSIInterface"),
            Map.entry("nfs", "NFS"),
            Map.entry("os", "OS"),
            Map.entry("pdID", "PdID"),
            Map.entry("pdName", "PDName"),
            Map.entry("qosClass", "QOSClass"),
            Map.entry("rbd", "RBD"),
            Map.entry("seLinuxChangePolicy", "SELinuxChangePolicy"),
            Map.entry("seLinuxOptions", "SELinuxOptions"),
            Map.entry("sslEnabled", "SSLEnabled"),
            Map.entry("storageos", "StorageOS"),
            Map.entry("tcpSocket", "TCPSocket"),
            Map.entry("tty", "TTY"),
            Map.entry("uid", "UID"),
            Map.entry("wwids", "WWIDs"));

    /// Fields named differently in one type only.
    private static final Map<String, String> NAMES_IN_TYPE = Map.of(
            "core.v1.RBDVolumeSource.monitors", "CephMonitors",
            "core.v1.RBDVolumeSource.image", "RBDImage",
            "core.v1.RBDVolumeSource.pool", "RBDPool",
            "core.v1.RBDVolumeSource.user", "RadosUser");

    /// Types whose internal declaration orders its fields in another way.
    private static final Map<String, List<String>> ORDERS = Map.of(
            "core.v1.PodSpec",
            List.of(
                    "volumes",
                    "initContainers",
                    "containers",
                    "ephemeralContainers",
                    "restartPolicy",
                    "terminationGracePeriodSeconds",
                    "activeDeadlineSeconds",
                    "dnsPolicy",
                    "nodeSelector",
                    "serviceAccountName",
                    "automountServiceAccountToken",
                    "nodeName",
                    "securityContext",
                    "imagePullSecrets",
                    "hostname",
                    "subdomain",
                    "setHostnameAsFQDN",
                    "affinity",
                    "schedulerName",
                    "tolerations",
                    "hostAliases",
                    "priorityClassName",
                    "priority",
                    "preemptionPolicy",
                    "dnsConfig",
                    "readinessGates",
                    "runtimeClassName",
                    "overhead",
                    "enableServiceLinks",
                    "topologySpreadConstraints",
                    "os",
                    "schedulingGates",
                    "resourceClaims",
                    "resources",
                    "hostnameOverride",
                    "schedulingGroup"));

    /// Fields that the internal type keeps by value though the API's type may leave them out.
    private static final Set<String> BY_VALUE = Set.of("apps.v1.RollingUpdateStatefulSetStrategy.partition");

    /// Fields of a pod's spec that its internal type keeps in the security context, before the context's own.
    private static final List<String> HOST_FIELDS =
            List.of("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers");

    private InternalForm() {}

    /// The internal form of a struct.
    ///
    /// @param type the schema's name for its type, such as `core.v1.PodSpec`
    public static JsonNode of(String type, JsonNode value) {
        return struct(BuiltinTypes.get().require(type), value, NODES.objectNode());
    }

    private static JsonNode struct(Schema schema, JsonNode value, JsonNode host) {
        if (schema.name().startsWith("meta.v1.")) {
            return declared(schema, value);
        }
        ObjectNode result = NODES.objectNode();
        if (schema.name().equals("core.v1.PodSecurityContext")) {
            Schema spec = BuiltinTypes.get().require("core.v1.PodSpec");
            for (String name : HOST_FIELDS) {
                Schema.Field field = spec.fields().get(name);
                if (field != null) {
                    put(result, spec, field, host);
                }
            }
        }
        for (String name : ORDERS.getOrDefault(schema.name(), FieldOrder.of(schema))) {
            Schema.Field field = schema.field(name);
            if (field == null) {
                continue;
            }
            if (schema.name().endsWith("TemplateSpec") && name.equals("metadata")) {
                result.setAll((ObjectNode) declared(field.schema(), value.path(name)));
            } else {
                put(result, schema, field, value);
            }
        }
        return result;
    }

    private static void put(ObjectNode result, Schema schema, Schema.Field field, JsonNode value) {
        String qualified = schema.name() + "." + field.name();
        String name = NAMES_IN_TYPE.getOrDefault(qualified, NAMES.getOrDefault(field.name(), capital(field.name())));
        JsonNode own = value.path(field.name());
        boolean byValue = BY_VALUE.contains(qualified) || !field.pointer() && isByValue(field);
        result.set(
                name,
                own.isMissingNode() || own.isNull()
                        ? zero(field.schema(), byValue)
                        : value(field.schema(), own, value));
    }

    private static boolean isByValue(Schema.Field field) {
        return switch (field.schema().type()) {
            case STRUCT -> field.alwaysPresent() != null;
            case QUANTITY -> field.name().equals("divisor");
            case INT_OR_STRING -> field.name().equals("port") || field.name().equals("targetPort");
            default -> true;
        };
    }

    private static String capital(String name) {
        return Character.toUpperCase(name.charAt(0)) + name.substring(1);
    }

    private static JsonNode value(Schema schema, JsonNode value, JsonNode around) {
        return switch (schema.type()) {
            case STRUCT -> struct(schema, value, around);
            case LIST -> {
                ArrayNode list = NODES.arrayNode();
                value.forEach(item -> list.add(value(schema.element(), item, value)));
                yield list;
            }
            case MAP -> sorted(value);
            default -> value;
        };
    }

    private static JsonNode sorted(JsonNode map) {
        List<String> keys = new ArrayList<>();
        map.fieldNames().forEachRemaining(keys::add);
        keys.sort(null);
        ObjectNode result = NODES.objectNode();
        keys.forEach(key -> result.set(key, map.get(key)));
        return result;
    }

    private static JsonNode zero(Schema schema, boolean byValue) {
        if (!byValue) {
            return NullNode.instance;
        }
        return switch (schema.type()) {
            case STRUCT -> struct(schema, NODES.objectNode(), NODES.objectNode());
            case STRING -> TextNode.valueOf("");
            case BOOL -> NODES.booleanNode(false);
            case INT32, INT64, DOUBLE, INT_OR_STRING -> NODES.numberNode(0);
            case QUANTITY -> TextNode.valueOf("0");
            default -> NullNode.instance;
        };
    }

    /// A struct by its JSON names in the order of their declaration, without what is absent.
    public static JsonNode declared(String type, JsonNode value) {
        return declared(BuiltinTypes.get().require(type), value);
    }

    private static JsonNode declared(Schema schema, JsonNode value) {
        ObjectNode result = NODES.objectNode();
        for (String name : FieldOrder.of(schema)) {
            JsonNode own = value.path(name);
            Schema.Field field = schema.field(name);
            if (field == null || own.isMissingNode() || own.isNull()) {
                continue;
            }
            result.set(
                    name,
                    switch (field.schema().type()) {
                        case STRUCT -> declared(field.schema(), own);
                        case LIST -> {
                            ArrayNode list = NODES.arrayNode();
                            Schema element = field.schema().element();
                            own.forEach(item ->
                                    list.add(element.type() == Schema.Type.STRUCT ? declared(element, item) : item));
                            yield list;
                        }
                        case MAP -> sorted(own);
                        default -> own;
                    });
        }
        return result;
    }
}

package io.jubernetes.apiserver.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.kubernetes.client.proto.IntStr;
import io.kubernetes.client.proto.Meta;
import io.kubernetes.client.proto.Runtime;
import io.kubernetes.client.proto.V1;
import io.kubernetes.client.proto.V1Admissionregistration;
import io.kubernetes.client.proto.V1Apiextensions;
import io.kubernetes.client.proto.V1Apps;
import io.kubernetes.client.proto.V1Authentication;
import io.kubernetes.client.proto.V1Authorization;
import io.kubernetes.client.proto.V1Autoscaling;
import io.kubernetes.client.proto.V1Batch;
import io.kubernetes.client.proto.V1Certificates;
import io.kubernetes.client.proto.V1Coordination;
import io.kubernetes.client.proto.V1Discovery;
import io.kubernetes.client.proto.V1Events;
import io.kubernetes.client.proto.V1Flowcontrol;
import io.kubernetes.client.proto.V1Networking;
import io.kubernetes.client.proto.V1Node;
import io.kubernetes.client.proto.V1Policy;
import io.kubernetes.client.proto.V1Rbac;
import io.kubernetes.client.proto.V1Resource;
import io.kubernetes.client.proto.V1Scheduling;
import io.kubernetes.client.proto.V1Storage;
import io.kubernetes.client.proto.V2Autoscaling;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Finds the message of a type. A group's descriptors are loaded when they are first asked for.
final class ProtobufDescriptors {
    private static final Map<String, Supplier<FileDescriptor>> FILES = Map.ofEntries(
            Map.entry("core.v1", V1::getDescriptor),
            Map.entry("meta.v1", Meta::getDescriptor),
            Map.entry("admissionregistration.v1", V1Admissionregistration::getDescriptor),
            Map.entry("apiextensions.v1", V1Apiextensions::getDescriptor),
            Map.entry("apps.v1", V1Apps::getDescriptor),
            Map.entry("authentication.v1", V1Authentication::getDescriptor),
            Map.entry("authorization.v1", V1Authorization::getDescriptor),
            Map.entry("autoscaling.v1", V1Autoscaling::getDescriptor),
            Map.entry("autoscaling.v2", V2Autoscaling::getDescriptor),
            Map.entry("batch.v1", V1Batch::getDescriptor),
            Map.entry("certificates.v1", V1Certificates::getDescriptor),
            Map.entry("coordination.v1", V1Coordination::getDescriptor),
            Map.entry("discovery.v1", V1Discovery::getDescriptor),
            Map.entry("events.v1", V1Events::getDescriptor),
            Map.entry("flowcontrol.v1", V1Flowcontrol::getDescriptor),
            Map.entry("networking.v1", V1Networking::getDescriptor),
            Map.entry("node.v1", V1Node::getDescriptor),
            Map.entry("policy.v1", V1Policy::getDescriptor),
            Map.entry("rbac.v1", V1Rbac::getDescriptor),
            Map.entry("resource.v1", V1Resource::getDescriptor),
            Map.entry("scheduling.v1", V1Scheduling::getDescriptor),
            Map.entry("storage.v1", V1Storage::getDescriptor),
            Map.entry("intstr", IntStr::getDescriptor));

    private ProtobufDescriptors() {}

    /// The message of a type named as the schema names it, such as `core.v1.Pod`; null when there is none.
    static @Nullable Descriptor find(String type) {
        int dot = type.lastIndexOf('.');
        Supplier<FileDescriptor> file = FILES.get(type.substring(0, Math.max(0, dot)));
        return file == null ? null : file.get().findMessageTypeByName(type.substring(dot + 1));
    }

    /// The envelope of every message on the wire.
    static Descriptor envelope() {
        return Objects.requireNonNull(Runtime.getDescriptor().findMessageTypeByName("Unknown"), "runtime.Unknown");
    }
}

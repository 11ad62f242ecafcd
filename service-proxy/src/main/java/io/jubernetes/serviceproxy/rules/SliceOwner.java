package io.jubernetes.serviceproxy.rules;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.jubernetes.common.controller.Informed;
import io.jubernetes.common.meta.ObjectKey;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Which Service an EndpointSlice belongs to, and an index by it.
public final class SliceOwner {
    private static final String LABEL = "kubernetes.io/service-name";
    private static final String INDEX = "service";

    private SliceOwner() {}

    /// The Service a slice names; empty when it names none.
    public static Optional<ObjectKey> of(EndpointSlice slice) {
        Map<String, String> labels = slice.getMetadata().getLabels();
        return Optional.ofNullable(labels == null ? null : labels.get(LABEL))
                .map(name -> ObjectKey.of(slice.getMetadata().getNamespace(), name));
    }

    /// Makes the index that [#slicesOf] reads; doing it again does nothing.
    public static void index(Informed<EndpointSlice> slices) {
        slices.index(
                INDEX, slice -> of(slice).map(key -> List.of(key.toString())).orElse(List.of()));
    }

    /// The slices of a Service.
    public static List<EndpointSlice> slicesOf(Informed<EndpointSlice> slices, ObjectKey service) {
        return slices.by(INDEX, service.toString());
    }
}

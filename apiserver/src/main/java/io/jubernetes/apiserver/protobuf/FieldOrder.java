package io.jubernetes.apiserver.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.jubernetes.apiserver.schema.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The order in which a type declares its fields, which some messages show. Thread-safe.
public final class FieldOrder {
    private static final Map<String, List<String>> KNOWN = new ConcurrentHashMap<>();

    private FieldOrder() {}

    /// The JSON names of a struct's fields as they are declared; those of embedded structs stand where the struct
    /// stands.
    public static List<String> of(Schema schema) {
        return KNOWN.computeIfAbsent(schema.name(), name -> {
            Descriptor descriptor = ProtobufDescriptors.find(name);
            if (descriptor == null) {
                return List.copyOf(schema.fields().keySet());
            }
            List<String> order = new ArrayList<>();
            collect(schema, descriptor, order);
            return List.copyOf(order);
        });
    }

    private static void collect(Schema schema, Descriptor descriptor, List<String> order) {
        for (FieldDescriptor field : descriptor.getFields()) {
            Schema.Field known = ProtobufDecoder.find(schema, field.getName());
            if (known != null) {
                order.add(known.name());
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                collect(schema, field.getMessageType(), order);
            }
        }
    }
}

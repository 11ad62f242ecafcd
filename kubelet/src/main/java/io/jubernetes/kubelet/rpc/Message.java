package io.jubernetes.kubelet.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A protobuf message as numbered fields. Not thread-safe while it is being built.
public final class Message {
    /// Numbers as `Long`, everything else as bytes.
    private final Map<Integer, List<Object>> fields = new TreeMap<>();

    /// Reads a message.
    ///
    /// @throws IOException when the bytes are none
    public static Message parse(byte[] bytes) throws IOException {
        var message = new Message();
        CodedInputStream in = CodedInputStream.newInstance(bytes);
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            Object value = switch (WireFormat.getTagWireType(tag)) {
                case WireFormat.WIRETYPE_VARINT -> in.readRawVarint64();
                case WireFormat.WIRETYPE_FIXED64 -> in.readRawLittleEndian64();
                case WireFormat.WIRETYPE_FIXED32 -> (long) in.readRawLittleEndian32();
                case WireFormat.WIRETYPE_LENGTH_DELIMITED -> in.readBytes();
                default -> throw new IOException("unknown wire type in field " + tag);
            };
            message.add(WireFormat.getTagFieldNumber(tag), value);
        }
        return message;
    }

    private Message add(int field, Object value) {
        fields.computeIfAbsent(field, _ -> new ArrayList<>()).add(value);
        return this;
    }

    /// Adds a text; an empty one is not sent, as it is the default.
    public Message put(int field, String text) {
        return text.isEmpty() ? this : add(field, ByteString.copyFromUtf8(text));
    }

    /// Adds each text, empty ones too.
    public Message putAll(int field, Iterable<String> texts) {
        texts.forEach(text -> add(field, ByteString.copyFromUtf8(text)));
        return this;
    }

    public Message put(int field, long number) {
        return number == 0 ? this : add(field, number);
    }

    public Message put(int field, boolean flag) {
        return put(field, flag ? 1 : 0);
    }

    public Message put(int field, Message message) {
        return add(field, ByteString.copyFrom(message.bytes()));
    }

    /// Adds a map of texts.
    public Message put(int field, Map<String, String> map) {
        map.forEach((key, value) -> put(field, new Message().put(1, key).put(2, value)));
        return this;
    }

    /// The message as it is sent.
    public byte[] bytes() {
        var bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            for (var field : fields.entrySet()) {
                for (Object value : field.getValue()) {
                    if (value instanceof ByteString text) {
                        out.writeBytes(field.getKey(), text);
                    } else {
                        out.writeInt64(field.getKey(), (Long) value);
                    }
                }
            }
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private List<Object> values(int field) {
        return fields.getOrDefault(field, List.of());
    }

    /// A text; empty when there is none.
    public String text(int field) {
        List<String> all = texts(field);
        return all.isEmpty() ? "" : all.getLast();
    }

    public List<String> texts(int field) {
        return values(field).stream()
                .filter(ByteString.class::isInstance)
                .map(value -> ((ByteString) value).toStringUtf8())
                .toList();
    }

    /// A number; 0 when there is none.
    public long number(int field) {
        return values(field).stream()
                .filter(Long.class::isInstance)
                .map(Long.class::cast)
                .reduce(0L, (_, last) -> last);
    }

    public boolean flag(int field) {
        return number(field) != 0;
    }

    /// The messages of a field.
    ///
    /// @throws IOException when one is damaged
    public List<Message> messages(int field) throws IOException {
        var result = new ArrayList<Message>();
        for (Object value : values(field)) {
            if (value instanceof ByteString bytes) {
                result.add(parse(bytes.toByteArray()));
            }
        }
        return result;
    }

    /// A message; an empty one when there is none.
    public Message message(int field) throws IOException {
        List<Message> all = messages(field);
        return all.isEmpty() ? new Message() : all.getLast();
    }

    /// A map of texts.
    public Map<String, String> map(int field) throws IOException {
        Map<String, String> result = new LinkedHashMap<>();
        for (Message entry : messages(field)) {
            result.put(entry.text(1), entry.text(2));
        }
        return result;
    }
}

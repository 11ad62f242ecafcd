package io.jubernetes.serviceproxy.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Writes one answer, with compressed names, no longer than its limit. For one message only.
final class MessageWriter {
    private static final int FARTHEST_POINTER = 0x3fff;
    private static final int LONGEST_LABEL = 63;
    private static final int OPT_LENGTH = 11;
    private static final int REFRESH_SECONDS = 7200;
    private static final int RETRY_SECONDS = 1800;
    private static final int EXPIRE_SECONDS = 86_400;

    private final ByteBuf out = Unpooled.buffer(Query.PLAIN_UDP);
    private final Map<String, Integer> names = new HashMap<>();
    private final int limit;

    private MessageWriter(int limit) {
        this.limit = limit;
    }

    /// The message for an answer.
    ///
    /// @param limit bytes; when the answers do not fit, some are left out and the message says that it is truncated
    /// @throws IllegalArgumentException when a name cannot be written
    static byte[] write(Query query, Answer answer, int limit) {
        return new MessageWriter(limit).message(query, answer);
    }

    private byte[] message(Query query, Answer answer) {
        int room = limit - (query.edns() ? OPT_LENGTH : 0);
        out.writeZero(Query.HEADER);
        out.writeBytes(query.message(), Query.HEADER, query.questionEnd() - Query.HEADER);
        remember(query.question().name(), Query.HEADER);

        int answers = records(answer.answers(), room);
        int authority = records(answer.authority(), room);
        boolean truncated = answers < answer.answers().size()
                || authority < answer.authority().size();
        int additional = truncated ? 0 : records(answer.additional(), room);
        if (query.edns()) {
            out.writeByte(0).writeShort(Type.OPT).writeShort(Query.LONGEST_UDP);
            out.writeInt(answer.code().code() >> 4 << 24 | (query.dnssec() ? 0x8000 : 0))
                    .writeShort(0);
            additional++;
        }
        int flags = 0x8080 // a response, recursion available
                | (answer.authoritative() ? 0x0400 : 0)
                | (truncated ? 0x0200 : 0)
                | (query.recursionDesired() ? 0x0100 : 0)
                | answer.code().code() & 0xf;
        out.setShort(0, query.id()).setShort(2, flags).setShort(4, 1);
        out.setShort(6, answers).setShort(8, authority).setShort(10, additional);
        return ByteBufUtil.getBytes(out);
    }

    /// Writes as many records as fit and returns how many.
    private int records(List<ResourceRecord> records, int room) {
        int count = 0;
        for (ResourceRecord each : records) {
            int start = out.writerIndex();
            write(each);
            if (out.writerIndex() > room) {
                out.writerIndex(start);
                names.values().removeIf(offset -> offset >= start);
                return count;
            }
            count++;
        }
        return count;
    }

    private void write(ResourceRecord each) {
        name(each.name());
        out.writeShort(each.data().type()).writeShort(Type.CLASS_IN).writeInt(each.ttl());
        int length = out.writerIndex();
        out.writeShort(0);
        switch (each.data()) {
            case ResourceRecord.Address(var address) -> out.writeBytes(address.getAddress());
            case ResourceRecord.Pointer pointer -> name(pointer.target());
            case ResourceRecord.Server(var priority, var weight, var port, var target) -> {
                out.writeShort(priority).writeShort(weight).writeShort(port);
                name(target);
            }
            case ResourceRecord.Text(var text) -> {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                out.writeByte(bytes.length).writeBytes(bytes);
            }
            case ResourceRecord.Authority(var server, var mailbox, var serial, var negativeTtl) -> {
                name(server);
                name(mailbox);
                out.writeInt((int) serial).writeInt(REFRESH_SECONDS).writeInt(RETRY_SECONDS);
                out.writeInt(EXPIRE_SECONDS).writeInt(negativeTtl);
            }
        }
        out.setShort(length, out.writerIndex() - length - 2);
    }

    private void name(String name) {
        List<String> labels = Question.labels(name);
        for (int i = 0; i < labels.size(); i++) {
            String rest = String.join(".", labels.subList(i, labels.size())).toLowerCase(Locale.ROOT);
            Integer known = names.get(rest);
            if (known != null) {
                out.writeShort(0xc000 | known);
                return;
            }
            if (out.writerIndex() <= FARTHEST_POINTER) {
                names.put(rest, out.writerIndex());
            }
            byte[] bytes = labels.get(i).getBytes(StandardCharsets.UTF_8);
            if (bytes.length == 0 || bytes.length > LONGEST_LABEL) {
                throw new IllegalArgumentException("not a DNS name: " + name);
            }
            out.writeByte(bytes.length).writeBytes(bytes);
        }
        out.writeByte(0);
    }

    /// Notes where the suffixes of a name that has been written without compression are.
    private void remember(String name, int offset) {
        List<String> labels = Question.labels(name);
        int at = offset;
        for (int i = 0; i < labels.size(); i++) {
            names.put(String.join(".", labels.subList(i, labels.size())), at);
            at += labels.get(i).getBytes(StandardCharsets.UTF_8).length + 1;
        }
    }
}

package io.jubernetes.serviceproxy.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/// Makes queries of this server's own.
final class QueryWriter {
    private QueryWriter() {}

    /// A query with the wish for recursion, without EDNS.
    ///
    /// @throws IllegalArgumentException when the name cannot be written
    static Query query(Question question) {
        ByteBuf out = Unpooled.buffer(Query.PLAIN_UDP);
        out.writeShort(0).writeShort(0x0100).writeShort(1).writeShort(0).writeInt(0);
        for (String label : question.labels()) {
            byte[] bytes = label.getBytes(StandardCharsets.UTF_8);
            if (bytes.length == 0 || bytes.length > 63) {
                throw new IllegalArgumentException("not a DNS name: " + question.name());
            }
            out.writeByte(bytes.length).writeBytes(bytes);
        }
        out.writeByte(0).writeShort(question.type()).writeShort(question.dnsClass());
        try {
            return Query.parse(ByteBufUtil.getBytes(out));
        } catch (Query.Unanswerable e) {
            throw new IllegalArgumentException("not a DNS name: " + question.name(), e);
        }
    }
}

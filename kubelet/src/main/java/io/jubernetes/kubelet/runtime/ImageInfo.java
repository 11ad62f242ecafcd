package io.jubernetes.kubelet.runtime;

import java.util.List;

/// An image on this node.
///
/// @param id `sha256:…` of its configuration
/// @param tags names it has
/// @param digests names by digest it has
/// @param size bytes
/// @param user as the image says: empty, a number, a name, either with a group after a colon
public record ImageInfo(String id, List<String> tags, List<String> digests, long size, String user) {
    public ImageInfo {
        tags = List.copyOf(tags);
        digests = List.copyOf(digests);
    }

    /// What pods' statuses show as image id: a digest when there is one.
    public String reference() {
        return digests.isEmpty() ? id : digests.getFirst();
    }
}

package io.jubernetes.apiserver.storage.etcd;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.jubernetes.apiserver.storage.StoreException;

/// Says what a failure of etcd means for the store. etcd tells some failures apart by their text only.
final class EtcdFailures {
    private EtcdFailures() {}

    static StoreException of(StatusRuntimeException e) {
        Status status = e.getStatus();
        String text = status.getDescription() == null ? "" : status.getDescription();
        return switch (status.getCode()) {
            case RESOURCE_EXHAUSTED ->
                text.contains("database space exceeded")
                        ? new StoreException.Refused(
                                "etcd is full (" + text + "): compact, defragment and disarm its alarm, or raise"
                                        + " --quota-backend-bytes",
                                e)
                        : new StoreException.Unavailable("etcd is too busy: " + text, e);
            case DATA_LOSS, INVALID_ARGUMENT, PERMISSION_DENIED, UNAUTHENTICATED, UNIMPLEMENTED ->
                new StoreException.Refused("etcd refuses: " + text, e);
            case DEADLINE_EXCEEDED -> new StoreException.Unavailable("etcd did not answer in time: " + text, e);
            default -> new StoreException.Unavailable("etcd is unavailable: " + status.getCode() + " " + text, e);
        };
    }

    static boolean isCompacted(StatusRuntimeException e) {
        return is(e, "has been compacted");
    }

    static boolean isFutureRevision(StatusRuntimeException e) {
        return is(e, "is a future revision");
    }

    static boolean isLeaseGone(StatusRuntimeException e) {
        return is(e, "lease not found");
    }

    private static boolean is(StatusRuntimeException e, String text) {
        String description = e.getStatus().getDescription();
        return description != null && description.contains(text);
    }
}

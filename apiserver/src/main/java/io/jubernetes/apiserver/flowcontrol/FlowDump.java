package io.jubernetes.apiserver.flowcontrol;

import io.jubernetes.apiserver.request.RequestInfo;
import io.jubernetes.common.codec.GoDuration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The pages below `/debug/api_priority_and_fairness/`: tables in text, with commas between the columns.
final class FlowDump {
    private static final int LEAST_WIDTH = 8;
    private static final String NEVER = "0001-01-01T00:00:00Z";
    private static final List<String> LEVEL_COLUMNS = List.of(
            "PriorityLevelName",
            "ActiveQueues",
            "IsIdle",
            "IsQuiescing",
            "WaitingRequests",
            "ExecutingRequests",
            "DispatchedRequests",
            "RejectedRequests",
            "TimedoutRequests",
            "CancelledRequests");
    private static final List<String> QUEUE_COLUMNS = List.of(
            "PriorityLevelName",
            "Index",
            "PendingRequests",
            "ExecutingRequests",
            "SeatsInUse",
            "NextDispatchR",
            "InitialSeatsSum",
            "MaxSeatsSum",
            "TotalWorkSum");
    private static final List<String> REQUEST_COLUMNS = List.of(
            "PriorityLevelName",
            "FlowSchemaName",
            "QueueIndex",
            "RequestIndexInQueue",
            "FlowDistingsher", // as upstream spells it
            "ArriveTime",
            "InitialSeats",
            "FinalSeats",
            "AdditionalLatency",
            "StartTime");
    private static final List<String> DETAIL_COLUMNS =
            List.of("UserName", "Verb", "APIPath", "Namespace", "Name", "APIVersion", "Resource", "SubResource");

    private final List<LevelState> levels;
    private final boolean details;
    private final Instant now;
    private final List<List<Object>> rows = new ArrayList<>();

    private FlowDump(List<LevelState> levels, boolean details, Instant now) {
        this.levels = levels;
        this.details = details;
        this.now = now;
    }

    static Optional<String> page(String name, List<LevelState> levels, boolean details, FlowClock clock) {
        var dump = new FlowDump(levels, details, clock.now());
        switch (name) {
            case "dump_priority_levels" -> dump.levels();
            case "dump_queues" -> dump.queues();
            case "dump_requests" -> dump.requests();
            default -> {
                return Optional.empty();
            }
        }
        return Optional.of(dump.text());
    }

    private void levels() {
        rows.add(List.copyOf(LEVEL_COLUMNS));
        for (LevelState level : levels) {
            level.queues.inspect(view -> rows.add(List.of(
                    level.name,
                    view.activeQueues(),
                    view.waiting() == 0 && view.executing().isEmpty(),
                    level.isLeaving(),
                    view.waiting(),
                    view.executing().size(),
                    view.totals().dispatched,
                    view.totals().rejected,
                    view.totals().timedOut,
                    view.totals().cancelled)));
        }
    }

    private void queues() {
        rows.add(List.copyOf(QUEUE_COLUMNS));
        for (LevelState level : levels) {
            level.queues.inspect(view -> view.queues().forEach(queue -> rows.add(row(level, queue))));
        }
    }

    private static List<Object> row(LevelState level, FairQueue queue) {
        int initial = 0;
        int most = 0;
        for (Ticket ticket : queue.waiting) {
            initial += ticket.work.initialSeats();
            most += ticket.work.maxSeats();
        }
        return List.of(
                level.name,
                queue.index,
                queue.waiting.size(),
                queue.executing,
                queue.seatsInUse,
                seatSeconds(queue.nextTurn),
                initial,
                most,
                seatSeconds(queue.waitingWork));
    }

    private static String seatSeconds(double work) {
        return String.format(Locale.ROOT, "%.8fss", work);
    }

    private void requests() {
        List<Object> columns = new ArrayList<>(REQUEST_COLUMNS);
        if (details) {
            columns.addAll(DETAIL_COLUMNS);
        }
        rows.add(columns);
        for (LevelState level : levels) {
            level.queues.inspect(view -> {
                for (Ticket ticket : view.executing()) {
                    FairQueue queue = ticket.queue;
                    String started = ago(view.nanos() - ticket.startedAt);
                    rows.add(row(level, ticket, queue == null ? -1 : queue.index, -1, view.nanos(), started));
                }
                for (FairQueue queue : view.queues()) {
                    int place = 0;
                    for (Ticket ticket : queue.waiting) {
                        rows.add(row(level, ticket, queue.index, place++, view.nanos(), NEVER));
                    }
                }
            });
        }
    }

    private List<Object> row(LevelState level, Ticket ticket, int queue, int place, long nanos, String started) {
        List<Object> row = new ArrayList<>(List.<Object>of(
                level.name,
                ticket.meters.schema(),
                queue,
                place,
                ticket.distinguisher,
                ago(nanos - ticket.arrivedAt),
                ticket.work.initialSeats(),
                ticket.work.finalSeats(),
                GoDuration.text(ticket.work.additionalLatency()),
                started));
        if (details) {
            RequestInfo info = ticket.arrival.info();
            row.addAll(List.<Object>of(
                    ticket.arrival.user().name(),
                    info.verb(),
                    info.path(),
                    ticket.arrival.namespace(),
                    info.name(),
                    info.resourceRequest() ? info.version() : "",
                    info.resource(),
                    info.subresource()));
        }
        return row;
    }

    private String ago(long nanos) {
        return now.minusNanos(nanos).toString();
    }

    /// The rows with their columns one below the other.
    private String text() {
        int columns = rows.getFirst().size();
        int[] widths = new int[columns];
        for (List<Object> row : rows) {
            for (int i = 0; i < columns; i++) {
                widths[i] = Math.max(
                        widths[i], Math.max(LEAST_WIDTH, row.get(i).toString().length() + 2));
            }
        }
        var text = new StringBuilder();
        for (List<Object> row : rows) {
            for (int i = 0; i < columns - 1; i++) {
                String cell = row.get(i) + ",";
                text.append(cell).repeat(' ', widths[i] - cell.length());
            }
            text.append(row.getLast()).append('\n');
        }
        return text.toString();
    }
}

-- Issues that came back are counted in the outbox itself, which knows their order.

alter table subscriber drop column soft_bounces;
create index mail_of_subscriber on mail (subscriber_id, created_at desc) where subscriber_id is not null;

-- A scanner's newest decision counts for each group by itself: what earlier releases took off the list of one group because the
-- scanner decided anew for another is saved again from now on. Its decision is the newest of the object.

INSERT INTO sources BY NAME
WITH standing AS (
    SELECT decision_id, object_id, user_name, candidate_id IS NULL AS direct, verdict, unnest(group_ids) AS group_id
    FROM decisions
    WHERE verdict != 'undo' AND decision_id NOT IN (SELECT undoes FROM decisions WHERE undoes IS NOT NULL)),
taken_off AS (
    SELECT object_id, group_id, max(decision_id) AS last FROM standing WHERE verdict = 'unsave' GROUP BY ALL),
in_force AS (
    FROM standing WHERE verdict != 'unsave'
    QUALIFY row_number() OVER (PARTITION BY object_id, group_id, user_name, direct ORDER BY decision_id DESC) = 1),
savers AS (
    SELECT object_id, group_id, arg_min(user_name, decision_id) AS saved_by
    FROM in_force LEFT JOIN taken_off USING (object_id, group_id)
    WHERE verdict = 'save' AND decision_id > coalesce(last, 0) GROUP BY ALL),
listed AS (
    FROM sources QUALIFY row_number() OVER (PARTITION BY object_id, group_id ORDER BY decision_id DESC) = 1)
SELECT object_id, group_id, savers.saved_by, true AS active, acl, make_timestamp(epoch_us(now())) AS known_at,
    (SELECT max(d.decision_id) FROM decisions AS d WHERE d.object_id = savers.object_id) AS decision_id
FROM savers JOIN listed USING (object_id, group_id)
WHERE NOT listed.active OR listed.saved_by != savers.saved_by;
